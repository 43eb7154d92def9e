"""Enhanced objects: CT, MR and PET whose frames are described by functional groups (PS3.3 C.7.6.16).

`frames` reads what they say of each frame, so that a frame is a slice like any other; `deriving` writes the frames of
a stack as one derived object; `truth` looks for what validators miss.
"""
