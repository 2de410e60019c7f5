"""What somebody lends to one command to sign in with, a key or a client secret; it is kept only when asked."""

from pathlib import Path

from toolkit.errors import NotFoundError
from toolkit.secret import Keep, Secret
from toolkit.setups import Target
from toolkit.steps.base import Mark
from toolkit.steps.client_secret import ClientSecret
from toolkit.steps.credential import Credential
from toolkit.systems.tenant import Tenant


class LentKey(Keep):
    """A keep with one key more than lies in its folder, or one secret; `credential` tells which."""

    def __init__(self, keep: Keep, name: str, credential: Credential, key: Secret) -> None:
        super().__init__(keep.folder.parent)
        self.name, self.credential = name, credential
        self._key = key

    def get(self, name: str) -> bytes | None:
        """Read what is kept under a name, or lent."""
        return self._key.reveal_bytes() if name == self.name else super().get(name)

    def names(self) -> list[str]:
        """List what is kept, and what is lent."""
        return sorted({*super().names(), self.name})

    def stay(self, tenant: Tenant, client_id: str) -> None:
        """Keep it from now on, as if it had been made here.

        A client secret must sign in first: nothing else tells whether it is the right one.
        """
        if self.credential.secret_id:
            graph = self.credential.enter(tenant, client_id)
            try:
                graph.claims()
            finally:
                graph.close()
        self.put(self.name, self._key.reveal_bytes())

    def put(self, name: str, data: bytes) -> Path:
        """Keep this under a name; what is lent is no obstacle."""
        return Keep(self.folder.parent).put(name, data)


def lend(tenant: Tenant, mark: Mark, file: Path, data: bytes, passphrase: Secret | None) -> LentKey:
    """Lend a set-up's key, a PEM, PFX or JKS with the private key in it, for as long as the tenant is open.

    Raises AnswerError where the file holds no key that an application could sign in with.
    """
    from toolkit import certificates, keystores, packing

    contents = keystores.open_file(data, name=str(file), passphrase=passphrase, with_key=True)
    key = Secret(packing.pem(contents, with_key=True))
    thumbprint = certificates.inspect(packing.pem(contents, with_key=False))[0].thumbprint
    name = f"{mark.name}-key-{thumbprint.lower()}.pem"
    tenant.keep = LentKey(tenant.keep, name, Credential(thumbprint=thumbprint), key)
    return tenant.keep


def lend_secret(tenant: Tenant, of: Target, value: Secret) -> LentKey:
    """Lend the value of a set-up's client secret.

    Raises NotFoundError where no secret of this set-up on the application begins like it.
    """
    step = ClientSecret(mark=of.mark, app=of.client_id)
    found = step.matching(tenant, value)
    if found is None:
        raise NotFoundError(
            f"No client secret of {of.mark.name} on the application begins as this VALUE does.",
            fix=f"Give the VALUE, not the Secret ID, of one whose name is {step.begin} and eight digits; "
            "the guide's script makes one.",
        )
    name, key_id, kept = found
    tenant.keep = LentKey(tenant.keep, name, Credential(secret_id=key_id), kept)
    return tenant.keep


def refuse_stranger(tenant: Tenant, key: LentKey, client_id: str) -> None:
    """Refuse a key whose certificate isn't on the application: nothing could sign in with it."""
    from toolkit import certificates

    entries = tenant.graph.certificates(client_id) or ()
    there = [
        certificates.thumbprint_of(entry["customKeyIdentifier"])
        for entry in entries
        if entry.get("customKeyIdentifier")
    ]
    thumbprint = key.credential.thumbprint
    if thumbprint and thumbprint not in there:
        raise NotFoundError(
            f"The certificate of that key ({thumbprint}) isn't on the application.",
            fix=f"On it are: {', '.join(there)}. Give the key of one of them, or upload this certificate in Entra."
            if there
            else "Upload it in Entra (App registrations, Certificates & secrets); the guide's script does that.",
        )
