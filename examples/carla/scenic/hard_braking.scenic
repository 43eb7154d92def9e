"""A car ahead follows its lane and brakes hard; the ego sees it and brakes too.

    python examples/carla/map.py --port 2000 junction.xodr
    scenic examples/carla/scenic/hard_braking.scenic --2d --simulate --count 2 --time 80 --seed 3 --show-records \
        --param map junction.xodr --param port 2000 --param render 0
"""

param map = localPath('junction.xodr')
param carla_map = None
param render = 0
param timestep = 0.1
param weather = 'ClearNoon'
model scenic.simulators.carla.model

behavior LeadBehavior():
    try:
        do FollowLaneBehavior(target_speed=8)
    interrupt when simulation().currentTime > 40:
        take SetThrottleAction(0.0), SetBrakeAction(1.0)

behavior EgoBehavior():
    try:
        do FollowLaneBehavior(target_speed=8)
    interrupt when withinDistanceToAnyObjs(self, 10):
        take SetThrottleAction(0.0), SetBrakeAction(1.0)

lane = Uniform(*network.lanes)
spot = new OrientedPoint on lane.centerline

lead = new Car following roadDirection from spot for 14, with behavior LeadBehavior()
ego = new Car at spot, with blueprint 'vehicle.tesla.model3', with behavior EgoBehavior()

require (distance from ego to intersection) > 40
require always (distance from ego to lead) > 4.5
terminate when ego.speed < 0.1 and simulation().currentTime > 45
record initial (distance from ego to lead) as begins_apart
record final (distance from ego to lead) as ends_apart
record final ego.speed as ends_with_speed
