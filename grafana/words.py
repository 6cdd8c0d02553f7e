"""Every word that the dashboards show, in English and Traditional Chinese."""

from typing import Final

from contract.messages import Disposition, IncidentState, PanicKind, TrackerState

SEPARATOR: Final = " · "

STATES: Final[dict[IncidentState, tuple[str, str, str]]] = {
    "raised": ("nobody has it", "未受理", "red"),
    "acknowledged": ("acknowledged", "已受理", "orange"),
    "dispatched": ("help on its way", "已派遣", "blue"),
    "on_scene": ("help arrived", "已到場", "green"),
    "closed": ("closed", "已結案", "gray"),
}
"""English, Chinese, and the colour of its markers."""

KINDS: Final[dict[PanicKind, tuple[str, str]]] = {
    "button": ("button", "按鈕"),
    "call": ("call to 110", "110 報案"),
    "fall": ("fall", "跌倒"),
    "tamper": ("tampering", "破壞"),
}
"""Those that a production incident can have: `test` is never one."""

DISPOSITIONS: Final[dict[Disposition, tuple[str, str]]] = {
    "helped": ("helped", "已協助"),
    "false_alarm": ("false alarm", "誤觸"),
    "stood_down": ("stood down", "解除"),
    "test": ("test", "測試"),
    "duplicate": ("duplicate", "重複"),
    "other": ("other", "其他"),
}

TRACKERS: Final[dict[TrackerState, tuple[str, str, str]]] = {
    "online": ("online", "連線中", "green"),
    "offline": ("switched off", "已關機", "gray"),
    "sleeping": ("asleep", "休眠", "blue"),
    "lost": ("lost", "失聯", "red"),
}


def both(english: str, chinese: str) -> str:
    """Return a title in both languages."""
    return f"{english}{SEPARATOR}{chinese}"
