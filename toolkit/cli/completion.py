"""The command `completion`: Tab completes commands in PowerShell, bash, zsh and fish."""

import sys

import click

NAME = "mailgrant"
VARIABLE = "_MAILGRANT_COMPLETE"
SHELLS = ("powershell", "bash", "zsh", "fish")
POWERSHELL = r"""# Put this line into your $PROFILE:  mailgrant completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'mailgrant' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | ForEach-Object { $_.Extent.Text })
    $env:_MAILGRANT_COMPLETE = 'fish_complete'
    $env:COMP_WORDS = $words -join ' '
    $env:COMP_CWORD = $wordToComplete
    try {
        mailgrant | ForEach-Object {
            $kind, $rest = $_ -split ',', 2
            $value, $help = $rest -split "`t", 2
            if (-not $help) { $help = $value }
            if ($kind -eq 'plain') {
                [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
            }
        }
    }
    finally {
        Remove-Item -Path 'Env:_MAILGRANT_COMPLETE', 'Env:COMP_WORDS', 'Env:COMP_CWORD'
    }
}
"""
"""It speaks click's protocol for fish, which names a value and its help on one line.

Source: learn.microsoft.com/powershell/module/microsoft.powershell.core/register-argumentcompleter
"""


@click.command(
    epilog="\b\nFor instance:\n  mailgrant completion powershell | Out-String | Invoke-Expression\n  mailgrant completion bash >> ~/.bashrc"
)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(*, shell: str) -> None:
    """Print the lines that make Tab complete mailgrant's commands in a shell."""
    if shell == "powershell":
        sys.stdout.write(POWERSHELL)
        return
    from click.shell_completion import get_completion_class

    from toolkit.cli import mailgrant

    kind = get_completion_class(shell)
    if kind is not None:
        sys.stdout.write(kind(mailgrant, {}, NAME, VARIABLE).source())
