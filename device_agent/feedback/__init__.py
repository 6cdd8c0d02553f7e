"""What the holder sees, hears or feels of a panic: a light, a buzzer, a vibration, a program."""
