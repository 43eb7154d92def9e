"""Does this pipeline stay inside this profile?"""
