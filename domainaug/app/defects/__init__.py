"""The Defects page: a part, a kind of defect on it, what the gate says, the bank and its calibration."""
