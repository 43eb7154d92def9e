"""Driving: the weather of a scene, and what it does to light.

weather.py           `Weather`: one physical state for simulators, photographs, video and LiDAR
physics.py           what rain, snow and fog take from light, how fast drops and flakes fall
sun.py               where the sun stands
lidar_weather.py     fog, rain and snow on LiDAR clouds
"""

from domainaug.driving.weather import PRESETS, Weather, weather_named

__all__ = ["PRESETS", "Weather", "weather_named"]
