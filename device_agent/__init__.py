"""NMEA bytes to fixes, fixes to reports, a press to a panic: the process on the tracker."""
