"""What can go wrong and is not a bug, as a tree.

NakoError                 the command line prints it without a traceback and exits 2
├── ConfigError           a setting, flag or preset does not make sense
├── DataError             a corpus, shard, chat file or tokenizer cannot be used
├── CheckpointError       a run folder or checkpoint cannot be used
├── TrainingError         training cannot go on (a loss that is not a number, a last save that fails)
├── ToolError             a tool called by the model failed (the model sees it, the user does not)
└── RequestError          a request to the server is malformed or refused

Every message has three parts: what is wrong, why, and what to do.  Anything that is not a NakoError is a bug and keeps
its traceback.
"""


class NakoError(Exception):
    """Base of every error that a user can cause and mend."""


class ConfigError(NakoError):
    """A setting, flag or preset does not make sense."""


class DataError(NakoError):
    """A corpus, shard, chat file or tokenizer cannot be used."""


class CheckpointError(NakoError):
    """A run folder or checkpoint cannot be used."""


class TrainingError(NakoError):
    """Training cannot go on."""


class ToolError(NakoError):
    """A tool called by the model failed."""


class RequestError(NakoError):
    """A request to the server is malformed or refused."""
