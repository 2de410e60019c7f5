"""The connectivity part of the doctor as PowerShell, for the vendor's server: constant text and hosts."""

from collections.abc import Iterable

SCRIPT = r"""# Can this server reach Microsoft 365? Made by mailgrant doctor --script.
# It holds no secret, signs in to nothing and changes nothing. Windows PowerShell 5.1 or newer.

$places = @(
{places}
)
$failed = 0

function Show($word, $what, $text, $remedy) {{
    Write-Output ('{{0,-7}} {{1}}: {{2}}' -f $word, $what, $text)
    if ($word -ne 'ok') {{ Write-Output ('        ' + $remedy); $script:failed = 1 }}
}}

foreach ($place in $places) {{
    $name = $place.Name
    $port = $place.Port

    # 1. Is the name known?
    try {{
        $found = [System.Net.Dns]::GetHostAddresses($name) | ForEach-Object {{ $_.ToString() }}
        Show 'ok' "DNS $name" ($found -join ', ')
    }} catch {{
        Show 'FAIL' "DNS $name" 'the name is not known' 'Ask who runs your name servers.'
        continue
    }}

    # 2. Does it answer? 3. Who vouches for its certificate? A company proxy shows its own name here.
    $client = New-Object System.Net.Sockets.TcpClient
    try {{
        $client.Connect($name, $port)
        Show 'ok' "TCP ${{name}}:$port" 'connected'
        $stream = New-Object System.Net.Security.SslStream($client.GetStream(), $false)
        try {{
            $stream.AuthenticateAsClient($name)
            Show 'ok' "TLS $name" ('vouched for by ' + $stream.RemoteCertificate.Issuer)
        }} catch {{
            Show 'FAIL' "TLS $name" $_.Exception.Message 'Have this host exempted from TLS inspection.'
        }} finally {{
            $stream.Dispose()
        }}
    }} catch {{
        Show 'FAIL' "TCP ${{name}}:$port" $_.Exception.Message 'Let HTTPS to this host through.'
    }} finally {{
        $client.Close()
    }}
}}

# 4. Is the clock right? Tokens depend on it.
[System.Net.ServicePointManager]::SecurityProtocol = [System.Net.SecurityProtocolType]::Tls12
try {{
    $answer = Invoke-WebRequest -UseBasicParsing -Uri {discovery}
    $there = [DateTimeOffset]::Parse([string]$answer.Headers['Date'])
    $seconds = [math]::Round(([DateTimeOffset]::UtcNow - $there).TotalSeconds)
    $word = 'ok'
    if ([math]::Abs($seconds) -gt 60) {{ $word = 'FAIL' }}
    Show $word 'clock' "$seconds s from the service's" 'Set the clock: w32tm /resync'
}} catch {{
    Show 'FAIL' 'clock' $_.Exception.Message 'The sign-in service gives no answer; see above.'
}}
exit $failed
"""


def script(places: Iterable[tuple[str, int]], login: str) -> str:
    """Write the script for a cloud's hosts."""
    lines = "\n".join(f"    @{{ Name = {_literal(name)}; Port = {port} }}" for name, port in places)
    discovery = f"{login}/common/v2.0/.well-known/openid-configuration"
    return SCRIPT.format(places=lines, discovery=_literal(discovery))


def _literal(text: str) -> str:
    """Write a text that PowerShell takes as it is: each of its quotes is doubled."""
    return (
        "'"
        + "".join(sign * 2 if sign in "'\u2018\u2019\u201a\u201b" else sign for sign in text)
        + "'"
    )
