"""Profiles: what a field allows to be done to its images, and why."""

from domainaug.profile.catalogue import catalogue_folder, list_profiles, load_profile
from domainaug.profile.citations import Reference, cite
from domainaug.profile.model import Evidence, Limit, Profile, ValueRange
from domainaug.profile.units import assumptions, bounds, to_effect_unit

__all__ = [
    "Evidence",
    "Limit",
    "Profile",
    "Reference",
    "ValueRange",
    "assumptions",
    "bounds",
    "catalogue_folder",
    "cite",
    "list_profiles",
    "load_profile",
    "to_effect_unit",
]
