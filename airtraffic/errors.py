"""The exceptions that a user of the platform can meet."""


class AirTrafficError(Exception):
    """Something is wrong that the reader of the message can mend."""


class ConfigurationError(AirTrafficError):
    """A setting has a value that cannot be used."""


class MessagesGoneError(AirTrafficError):
    """The broker no longer holds messages that the lake has not read."""


class CapacityError(AirTrafficError):
    """A capacity cannot be computed from the values that were given."""


class TopicMissingError(AirTrafficError):
    """The broker has no topic of this name."""


class ForecastError(AirTrafficError):
    """A forecast cannot be made from this history or with these settings."""
