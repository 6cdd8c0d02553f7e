"""Which jurisdictions there are."""

from dataclasses import dataclass
from pathlib import Path

from dispatcher.jurisdiction.geojson import read_jurisdictions
from dispatcher.jurisdiction.table import Jurisdictions
from dispatcher.jurisdiction.taiwan import taiwan
from runtime.settings import setting


@dataclass(frozen=True, kw_only=True)
class JurisdictionSettings:
    """The areas, their stations and their channels."""

    jurisdictions_file: Path | None = setting(
        "GUARDIAN_JURISDICTIONS_FILE",
        default=None,
        help="areas with their stations and channels (GeoJSON); absent: Taiwan's counties",
    )

    def read_jurisdictions(self) -> Jurisdictions:
        """Return them.

        Raises:
            JurisdictionsError: the file cannot be read or says something that cannot be.
        """
        file = self.jurisdictions_file
        return taiwan() if file is None else read_jurisdictions(file)
