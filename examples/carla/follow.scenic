"""A car follows a slower one, and brakes when it comes near."""

param map = localPath(globalParameters.map_file)
param carla_map = None
model scenic.simulators.carla.model

behavior Careful():
    try:
        do FollowLaneBehavior(target_speed=7)
    interrupt when withinDistanceToAnyObjs(self, 9):
        take SetBrakeAction(0.9)

ego = new Car with behavior Careful, with rolename "hero"
lead = new Car following roadDirection from ego for Range(14, 22), with behavior FollowLaneBehavior(target_speed=4)
require (distance from ego to intersection) > 15
record final ego.speed as FinalSpeed
