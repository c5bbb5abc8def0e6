"""What was measured: values by candidate and name, one for each round."""

import statistics


class Results:
    def __init__(self):
        self.values = {}

    def add(self, candidate, measured):
        for name, value in measured.items():
            self.values.setdefault((candidate, name), []).append(value)

    def median(self, candidate, name):
        values = self.values.get((candidate, name))
        return statistics.median(values) if values else None

    def candidates(self):
        return list(dict.fromkeys(candidate for candidate, _ in self.values))
