"""Numbers that two sides share: each says where it comes from."""

# --- Messages ---------------------------------------------------------------------------------
MAX_PAYLOAD_BYTES = 8 * 1024
"""Largest payload. A history batch of 20 full positions is 5 KB; the broker refuses larger ones."""
MAX_TEXT_CHARS = 200
"""Longest free text: what an operator can take in at one look."""
MAX_PANIC_TEXT_CHARS = 140
"""Panic as text: one SMS in its 8-bit form, and the payload of one LoRa mesh packet."""
MAX_CODE_CHARS = 32
"""Longest code that a holder types to cancel: a PIN, or a word."""
MAX_STATUS_COMMANDS = 8
"""How many carried-out commands a Status names."""

# --- The panic path ---------------------------------------------------------------------------
PANIC_RESEND_FIRST_S = 0.5
"""A healthy path answers in under 100 ms, so silence for half a second means loss."""
PANIC_RESEND_MAX_S = 10.0
"""The doubling of resends ends here: a returning link is used within ten seconds."""
PANIC_RESEND_JITTER = 0.2
"""Up to this share is added to each pause, so that many trackers do not send in step."""
PANIC_DISK_WAIT_S = 1.0
"""A disk that takes longer does not hold a press back: it goes out from memory."""
PANIC_PUBACK_TIMEOUT_S = 3.0
"""A press without PUBACK for so long, counted from CONNACK, means a half-open connection."""
PANIC_RECEIVED_TIMEOUT_S = 10.0
"""A press without *received* for so long, counted from CONNACK, means the wrong broker."""
PANIC_TIMEOUT_MAX_S = 60.0
"""Both time-outs double with each new connection up to here."""
REOPENED_REPEAT_S = 10.0
"""A `reopened` receipt is repeated so often until an update arrives."""
UNREADABLE_RESEND_S = 60.0
"""A tracker that got a receipt without id repeats its panic so often."""
UNREADABLE_REALERT_S = 300.0
"""Unreadable panics of one tracker alert again at most so often."""
REALERT_S = 10.0
"""Further presses alert again at most so often, per incident and channel."""
ROUTINE_IN_FLIGHT = 4
"""Unacknowledged routine messages: 20 of them keep a panic off the wire for 55 s at 9.6 kbit/s."""

# --- Marks ------------------------------------------------------------------------------------
LATE_MS = 60_000
"""A panic older than this is marked `late`."""
STALE_FIX_MS = 60_000
"""A fix that is older than the press by more than this is marked `stale_fix`."""
BAD_CLOCK_MS = 5_000
"""Clocks that disagree by more than this are marked `bad_clock`."""

# --- Positions --------------------------------------------------------------------------------
STORED_EVERY_S = 60.0
"""At most one `Stored` a minute for `location` from each ingest process for each tracker."""
UNSTORED_RESEND_S = 120.0
"""A location that `Stored` does not name for so long is sent again, in `history`."""
HISTORY_RETRY_S = (240.0, 480.0, 960.0, 1920.0, 3600.0)
"""The pauses between further sendings of an unnamed history batch: 4, 8 ... 60 min."""
REPORT_MAX_SENDINGS = 5
"""A single report unnamed after so many sendings, while later ones were named, is dropped."""

FASTEST_MPS = 350.0
"""An airliner in the jet stream; no holder is faster."""
FAST_MPS = 100.0
"""Where a receiver gives no speed: the fastest train, and every car."""
JUMP_ACCURACY_M = 50.0
"""What a fix without accuracy is taken for when a jump is judged: a street with high houses."""

# --- Incidents --------------------------------------------------------------------------------
LADDER_S = (0, 15, 30, 60, 120)
"""Seconds after the raise at which an unacknowledged incident escalates."""
LADDER_REPEAT_S = 120
"""After the last step it escalates again at this interval until a person has it."""
TEST_CLOSE_S = 300
"""Test and canary incidents close themselves after five minutes."""
TRANSFER_S = 60
"""A transfer to another jurisdiction that nobody there accepts by then comes back: as long as the
ladder takes to the second channel."""
LATE_TIMER_MS = 3_600_000
"""A reminder later than an hour is not fired but marked for review: cases have moved on by then."""
