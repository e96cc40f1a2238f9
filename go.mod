module vpcetrail

go 1.26
