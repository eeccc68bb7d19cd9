"""The classes of the network and the kinds of rows that a training picture has; shared by all steps."""

CLASSES = ('face', 'plate', 'person', 'vehicle')
FACE, PLATE, PERSON, VEHICLE = range(4)

#: kinds of a row: an object to find; a region without loss for its class; a vehicle known to show no plate (a place to paste one on);
#: a place where an earlier network saw an object that is none (a place to look at, no target)
BOX, IGNORE, NO_PLATE, HARD = range(4)
