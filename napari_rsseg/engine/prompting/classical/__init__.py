"""Prompts answered without SAM: superpixels, cues and two small networks."""
