"""The settings: where they come from, and what is refused with a word that helps."""

from pathlib import Path

import pytest

from panel_app.config import Settings, SettingsError, load_database_url, load_settings

GOOD = "5f0c6a9be1d2478390aabbccddeeff01"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"COUNTERMARK_{name.upper()}", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("PORT", raising=False)


def test_with_only_a_secret_everything_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERMARK_SECRET", GOOD)
    settings = load_settings()
    assert settings.database_url == "sqlite:///var/countermark.db"
    assert (settings.host, settings.port, settings.threads) == ("127.0.0.1", 8000, 16)
    assert settings.secret_bytes() == GOOD.encode()


def test_the_secret_of_script_server_is_found_without_any_variable(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret").write_text(f"{GOOD}\n", encoding="utf-8")
    assert load_settings().secret_bytes() == GOOD.encode()


def test_a_named_file_gives_the_secret_and_the_variable_beats_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_text(GOOD, encoding="utf-8")
    monkeypatch.setenv("COUNTERMARK_SECRET_FILE", "elsewhere")
    assert load_settings().secret_bytes() == GOOD.encode()
    monkeypatch.setenv("COUNTERMARK_SECRET", GOOD[::-1])
    assert load_settings().secret_bytes() == GOOD[::-1].encode()


def test_the_platform_names_of_port_and_database_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERMARK_SECRET", GOOD)
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("DATABASE_URL", "postgresql://books@db/countermark")
    settings = load_settings()
    assert (settings.port, settings.database_url) == (8123, "postgresql://books@db/countermark")
    monkeypatch.setenv("COUNTERMARK_PORT", "8124")
    assert load_settings().port == 8124


def test_the_database_address_needs_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///elsewhere.db")
    assert load_database_url() == "sqlite:///elsewhere.db"


@pytest.mark.parametrize(
    ("secret", "complaint"),
    [
        ("", "there is no secret"),
        ("   ", "too easy to guess"),
        (GOOD[:31], "too easy to guess: at least 32 characters"),
        ("0" * 64, "too easy to guess: at least 32 characters, 8 of them different"),
        ("dev", "too easy to guess"),
        ("change-me-change-me-change-me-0123456789", "a placeholder"),
        ("MySecretMySecretMySecret0123456789", "a placeholder"),
    ],
)
def test_a_secret_that_others_could_know_is_refused_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, secret: str, complaint: str
) -> None:
    monkeypatch.setenv("COUNTERMARK_SECRET", secret)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value).startswith("COUNTERMARK_SECRET: ")
    assert complaint in str(refused.value)
    assert "secrets.token_hex(32)" in str(refused.value)


def test_a_wrong_value_is_named_by_its_variable_and_secrets_are_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COUNTERMARK_SECRET", GOOD)
    monkeypatch.setenv("COUNTERMARK_THREADS", "0")
    monkeypatch.setenv("COUNTERMARK_PORT", "eighty")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value).splitlines() == [
        "COUNTERMARK_PORT: Input should be a valid integer, unable to parse string as an integer",
        "COUNTERMARK_THREADS: Input should be greater than or equal to 1",
    ]


def test_a_token_that_could_be_guessed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERMARK_SECRET", GOOD)
    monkeypatch.setenv("COUNTERMARK_METRICS_TOKEN", GOOD[:31])
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value).startswith("COUNTERMARK_METRICS_TOKEN: Value should have at least 32 items")


def test_a_printed_setting_keeps_the_secret_and_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERMARK_SECRET", GOOD)
    monkeypatch.setenv("COUNTERMARK_METRICS_TOKEN", GOOD[::-1])
    printed = repr(load_settings())
    assert GOOD not in printed
    assert GOOD[::-1] not in printed
