"""What a field may hold, as a closed list; its words are in web/messages.py. Checks nothing itself."""

from enum import StrEnum


class Rule(StrEnum):
    """The rule that a field broke. `low` and `high` of the refusal are its numbers, where it has any."""

    REQUIRED = "required"
    PLAIN_TEXT = "plain_text"
    ID = "id"
    WHOLE_NUMBER = "whole_number"
    DATE = "date"
    AMOUNT = "amount"
    CHOICE = "choice"
    RANGE = "range"
    AT_MOST = "at_most"
    MORE_THAN_ZERO = "more_than_zero"
    LENGTH = "length"
    LENGTH_AT_MOST = "length_at_most"
    LENGTH_WITHOUT_SPACES = "length_without_spaces"
    NOT_IN_USE = "not_in_use"
    NOT_COMMON = "not_common"
    AT_LEAST_THE_AMOUNT = "at_least_the_amount"
    CASH_ONLY = "cash_only"
    ONE_PRICE = "one_price"
    TAG = "tag"
    TIME_ZONE = "time_zone"
    BYTES_AT_MOST = "bytes_at_most"
    LINES_AT_MOST = "lines_at_most"
    CSV = "csv"
    EXTERNAL_CODES = "external_codes"
    EMPTY_DATABASE = "empty_database"
    HTTPS_ADDRESS = "https_address"
