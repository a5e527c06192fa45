// Acts of the map with mouse, finger and keyboard.
