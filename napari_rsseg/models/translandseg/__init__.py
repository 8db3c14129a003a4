"""TransLandSeg: SAM's encoder with adaptive transfer learning."""
