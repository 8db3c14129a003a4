"""KTDA: student, feature alignment and modulation, distillation teacher."""
