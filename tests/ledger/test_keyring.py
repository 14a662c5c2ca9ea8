"""The keys derived from the secret."""

import pytest
from cryptography.exceptions import InvalidTag

from ledger import Keyring

SECRET = bytes(range(32))


def test_a_mac_depends_on_secret_purpose_and_text():
    mac = Keyring(SECRET).mac("claim", "R1AB")

    assert mac.hex() == "cd916ed022a03f11a17dffc03cd450f86cc6d44c2bff9839b64f3f78395e6ae7"
    assert len({mac, Keyring(SECRET[::-1]).mac("claim", "R1AB")}) == 2
    assert len({mac, Keyring(SECRET).mac("card", "R1AB"), Keyring(SECRET).mac("claim", "R1AC")}) == 3


def test_what_is_encrypted_opens_with_its_purpose_only():
    keyring = Keyring(SECRET)
    sealed = keyring.encrypt("answer", b"four points")

    assert keyring.decrypt("answer", sealed) == b"four points"
    assert keyring.encrypt("answer", b"four points") != sealed
    for purpose, altered in (("other", sealed), ("answer", sealed[:-1] + bytes([sealed[-1] ^ 1]))):
        with pytest.raises(InvalidTag):
            keyring.decrypt(purpose, altered)


def test_the_check_value_tells_two_secrets_apart_and_is_stable():
    assert Keyring(SECRET).check_value() == Keyring(SECRET).check_value()
    assert Keyring(SECRET).check_value() != Keyring(SECRET[::-1]).check_value()


def test_a_short_secret_is_refused():
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Keyring(b"short")
