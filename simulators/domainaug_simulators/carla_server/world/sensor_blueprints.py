"""Blueprints of sensors, with the attributes of CARLA's reference and their defaults."""

from __future__ import annotations

from typing import Final

from domainaug_simulators.carla_server.world.attributes import Attribute, Kind, one_of, truth

__all__ = ["SENSORS"]


def _float(name: str, default: float) -> Attribute:
    return Attribute(name, Kind.FLOAT, str(default))


def _int(name: str, default: int) -> Attribute:
    return Attribute(name, Kind.INT, str(default))


def _named(name: str) -> Attribute:
    return Attribute("ros_name", Kind.STRING, name)


_TICK: Final = _float("sensor_tick", 0.0)
_FRAME: Final = (_int("image_size_x", 800), _int("image_size_y", 600), _float("fov", 90.0), _TICK)
_LENS: Final = (
    _float("lens_circle_falloff", 5.0), _float("lens_circle_multiplier", 0.0), _float("lens_k", -1.0),
    _float("lens_kcube", 0.0), _float("lens_x_size", 0.08), _float("lens_y_size", 0.08),
)  # fmt: skip
_FILM: Final = (
    one_of("exposure_mode", "histogram", "manual"), _float("exposure_compensation", 0.0),
    _float("exposure_min_bright", 10.0), _float("exposure_max_bright", 12.0), _float("exposure_speed_up", 3.0),
    _float("exposure_speed_down", 1.0), _float("calibration_constant", 16.0), _float("shutter_speed", 200.0),
    _float("iso", 100.0), _float("fstop", 1.4), _float("min_fstop", 1.2), _int("blade_count", 5),
    _float("focal_distance", 1000.0), _float("gamma", 2.2), _float("blur_amount", 1.0), _float("blur_radius", 0.0),
    _float("motion_blur_intensity", 0.45), _float("motion_blur_max_distortion", 0.35),
    _float("motion_blur_min_object_screen_size", 0.1), _float("bloom_intensity", 0.675),
    _float("lens_flare_intensity", 0.1), _float("slope", 0.88), _float("toe", 0.55), _float("shoulder", 0.26),
    _float("black_clip", 0.0), _float("white_clip", 0.04), _float("temp", 6500.0), _float("tint", 0.0),
    _float("chromatic_aberration_intensity", 0.0), _float("chromatic_aberration_offset", 0.0),
    truth("enable_postprocess_effects", True),
)  # fmt: skip
_LIDAR: Final = (
    _int("channels", 32), _float("range", 10.0), _int("points_per_second", 56000), _float("rotation_frequency", 10.0),
    _float("upper_fov", 10.0), _float("lower_fov", -30.0), _float("horizontal_fov", 360.0), _TICK,
)  # fmt: skip
_WEAK_LIDAR: Final = (
    _float("atmosphere_attenuation_rate", 0.004), _float("dropoff_general_rate", 0.45),
    _float("dropoff_intensity_limit", 0.8), _float("dropoff_zero_intensity", 0.4), _float("noise_stddev", 0.0),
    _int("noise_seed", 0),
)  # fmt: skip
_EVENTS: Final = (
    _float("positive_threshold", 0.3), _float("negative_threshold", 0.3), _float("sigma_positive_threshold", 0.0),
    _float("sigma_negative_threshold", 0.0), _int("refractory_period_ns", 0), truth("use_log", True),
    _float("log_eps", 0.001),
)  # fmt: skip
_IMU: Final = tuple(
    _float(f"noise_{name}_{axis}", 0.0)
    for name in ("accel_stddev", "gyro_bias", "gyro_stddev")
    for axis in ("x", "y", "z")
)
_GNSS: Final = tuple(
    _float(f"noise_{name}_{kind}", 0.0) for name in ("alt", "lat", "lon") for kind in ("bias", "stddev")
)

SENSORS: Final = tuple(
    (name, (*attributes, _named(name)))
    for name, attributes in (
        ("sensor.camera.rgb", (*_FRAME, *_LENS, *_FILM)),
        ("sensor.camera.depth", (*_FRAME, *_LENS)),
        ("sensor.camera.semantic_segmentation", (*_FRAME, *_LENS)),
        ("sensor.camera.instance_segmentation", (*_FRAME, *_LENS)),
        ("sensor.camera.optical_flow", (*_FRAME, *_LENS)),
        ("sensor.camera.normals", (*_FRAME, *_LENS)),
        ("sensor.camera.dvs", (*_FRAME, *_LENS, *_FILM, *_EVENTS)),
        ("sensor.lidar.ray_cast", (*_LIDAR, *_WEAK_LIDAR)),
        ("sensor.lidar.ray_cast_semantic", _LIDAR),
        (
            "sensor.other.radar",
            (
                _float("horizontal_fov", 30.0),
                _float("vertical_fov", 30.0),
                _int("points_per_second", 1500),
                _float("range", 100.0),
                _TICK,
            ),
        ),
        ("sensor.other.gnss", (*_GNSS, _int("noise_seed", 0), _TICK)),
        ("sensor.other.imu", (*_IMU, _int("noise_seed", 0), _TICK)),
        ("sensor.other.collision", ()),
        ("sensor.other.lane_invasion", ()),
        (
            "sensor.other.obstacle",
            (
                _float("distance", 5.0),
                _float("hit_radius", 0.5),
                truth("only_dynamics", False),
                truth("debug_linetrace", False),
                _TICK,
            ),
        ),
    )
)
"""Name and attributes of each sensor that is served."""
