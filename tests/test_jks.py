"""The Java key store that is written is the one that is read; whatever else is refused."""

import functools
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit import jks, keystores, packing
from toolkit.errors import AnswerError, UsageError
from toolkit.keystores import Contents
from toolkit.secret import Secret

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORD = Secret("Größe 9 über Übermaß")
aliases = st.from_regex(packing.ALIAS, fullmatch=True)
passphrases = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
chains = st.lists(st.binary(min_size=1, max_size=300), max_size=4)


@functools.cache
def chain(*names: str) -> Contents:
    """Make a leaf and those above it, each issued by the next; the keys are of its first maker."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in names]
    made = []
    for number, name in enumerate(names):
        above = min(number + 1, len(names) - 1)
        made.append(
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[above])]))
            .public_key(keys[number].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW)
            .not_valid_after(NOW + timedelta(days=90))
            .sign(keys[above], hashes.SHA256())
        )
    return Contents(certificates=tuple(made), key=keys[0])


def store(contents: Contents, word: Secret = WORD, alias: str = "") -> bytes:
    return packing.pack(contents, "jks", with_key=True, passphrase=word, alias=alias)


def plain(contents: Contents) -> bytes:
    return packing.pem(contents, with_key=True)


@settings(deadline=None)
@given(aliases, st.binary(min_size=1, max_size=3000), chains, passphrases)
def test_what_is_written_is_what_is_read(alias, key, held, word):
    data = jks.write(alias, key, tuple(held), passphrase=Secret(word), made=NOW)

    (entry,) = jks.read(data)

    assert (entry.alias, entry.chain) == (alias, tuple(held))
    assert jks.opens(data, Secret(word))
    assert jks.key_of(entry, Secret(word)) == key


@settings(deadline=None)
@given(passphrases, passphrases)
def test_no_other_passphrase_opens_the_store_or_the_key(word, other):
    data = jks.write("a", b"a private key", (), passphrase=Secret(word), made=NOW)
    (entry,) = jks.read(data)

    assert jks.opens(data, Secret(other)) is (word == other)
    assert (jks.key_of(entry, Secret(other)) is not None) is (word == other)


@settings(deadline=None)
@given(st.data())
def test_no_byte_can_be_changed_or_cut_off_unnoticed(data):
    good = jks.write("a", b"a private key", (b"leaf",), passphrase=WORD, made=NOW)
    place = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != good[place]))

    assert not jks.opens(good[:place] + bytes([byte]) + good[place + 1 :], WORD)
    assert not jks.opens(good[:place], WORD)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_rubbish_after_the_first_bytes_is_refused_and_nothing_else_happens(rubbish):
    with pytest.raises(AnswerError):
        keystores.open_file(bytes.fromhex("feedfeed") + rubbish, name="it", passphrase=WORD)


@settings(deadline=None)
@given(st.lists(st.sampled_from([1, 2, 3]), unique=True, min_size=3, max_size=3))
def test_a_chain_comes_out_in_order_whatever_order_it_went_in(order):
    whole = chain("leaf", "issuer", "another", "root")
    mixed = (whole.certificates[0], *(whole.certificates[place] for place in order))

    data = store(Contents(certificates=mixed, key=whole.key))

    assert plain(keystores.open_file(data, name="it", passphrase=WORD)) == plain(whole)


def test_certificates_of_no_chain_stay_out_of_it():
    own, stranger = chain("leaf", "root"), chain("stranger").certificates

    data = store(Contents(certificates=(*own.certificates, *stranger), key=own.key))

    assert plain(keystores.open_file(data, name="it", passphrase=WORD)) == plain(own)


def test_every_kind_of_key_comes_back_equal():
    for contents in (chain("elliptic"), rsa_pair()):
        opened = keystores.open_file(store(contents), name="it", passphrase=WORD)

        assert plain(opened) == plain(contents)


@functools.cache
def rsa_pair() -> Contents:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Straße 7")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )
    return Contents(certificates=(certificate,), key=key)


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("MyTimetable-prod", "mytimetable-prod"),
        ("Straße 7", "strasse-7"),
        ("Jürgen's App", "jurgen-s-app"),
        ("-. ", "mailgrant"),
        ("日本", "mailgrant"),
        ("x" * 64, "x" * 64),
    ],
)
def test_an_alias_is_made_of_the_name_in_letters_that_java_keeps(name, alias):
    (entry,) = jks.read(store(chain(name)))

    assert entry.alias == alias


@pytest.mark.parametrize("wish", ["", "two words", "größe", "a/b", "-a", "x" * 65, "a\n"])
def test_an_odd_alias_is_refused_with_a_remedy(wish):
    with pytest.raises(UsageError, match="can't be an alias") as refusal:
        packing.checked_alias(wish)

    assert refusal.value.fix


def test_capitals_in_an_alias_become_small_as_java_looks_for_them():
    assert packing.checked_alias("MyTimetable.Prod_1") == "mytimetable.prod_1"


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=16))
def test_an_alias_made_here_is_always_one_that_could_be_asked_for(name):
    made = packing.alias_of(Contents(certificates=chain(name).certificates))

    assert packing.checked_alias(made) == made


# ---- what others made ----


def entries(*held: bytes) -> bytes:
    """Put entries of stores into one, sealed with the same passphrase."""
    body = bytes.fromhex("feedfeed00000002") + len(held).to_bytes(4) + b"".join(held)
    return body + jks._seal(jks._wide(WORD), body)


def entry_of(data: bytes) -> bytes:
    return data[12 : -jks.DIGEST]


def test_a_store_of_two_keys_is_refused_by_their_names():
    both = entries(
        entry_of(store(chain("one"))), entry_of(store(chain("two\u202e"), alias="second"))
    )

    with pytest.raises(AnswerError, match="2 private keys: one, second") as refusal:
        keystores.open_file(both, name="it.jks", passphrase=WORD)

    assert "-srcalias" in refusal.value.fix
    assert len(keystores.open_file(both, name="it.jks", with_key=False).certificates) == 2


def test_a_key_with_a_passphrase_of_its_own_is_refused():
    other = entries(entry_of(store(chain("one"), Secret("another word"))))

    with pytest.raises(AnswerError, match="another passphrase than the store"):
        keystores.open_file(other, name="it.jks", passphrase=WORD)


def test_certificates_alone_and_names_of_any_script_are_read():
    der = chain("alone").certificates[0].public_bytes(serialization.Encoding.DER)
    alias = "größe\0".encode().replace(b"\0", b"\xc0\x80") + b"\xed\xa0\xbd\xed\xb8\x80"
    trusted = [(2).to_bytes(4), len(alias).to_bytes(2), alias, bytes(8), b"\0\x05X.509"]
    data = entries(b"".join([*trusted, len(der).to_bytes(4), der]))

    assert jks.read(data)[0].alias == "größe\0😀"
    contents = keystores.open_file(data, name="it", passphrase=WORD)
    assert (contents.certificates, contents.key) == (chain("alone").certificates, None)


def test_the_certificates_of_a_store_are_shown_without_a_passphrase():
    data = store(chain("leaf", "root"))

    assert not keystores.is_locked(data, with_key=False)
    assert keystores.is_locked(data, with_key=True)
    opened = keystores.open_file(data, name="it", with_key=False)
    assert (opened.certificates, opened.key) == (chain("leaf", "root").certificates, None)


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        ("cececece00000002", "kind JCEKS"),
        ("0000000200000014", "Bouncy Castle"),
        ("0000000100000014", "Bouncy Castle"),
    ],
)
def test_other_key_stores_of_java_are_refused_by_their_name(start, sentence):
    with pytest.raises(AnswerError, match=sentence) as refusal:
        keystores.open_file(bytes.fromhex(start) + bytes(100), name="it")

    assert refusal.value.fix


def test_a_wrong_passphrase_or_none_is_told_apart_from_damage():
    data = store(chain("leaf"))

    with pytest.raises(AnswerError, match="doesn't open it"):
        keystores.open_file(data, name="it", passphrase=Secret("wrong"))
    with pytest.raises(AnswerError, match="needs a passphrase"):
        keystores.open_file(data, name="it")
    with pytest.raises(AnswerError, match="damaged"):
        keystores.open_file(data[:200], name="it", with_key=False)
