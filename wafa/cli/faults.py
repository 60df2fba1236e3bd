"""What can go wrong in a way that we foresee: told in a sentence, without a traceback."""

from wafa.runtime.errors import RuntimeFault
from wafa.runtime.settings import SettingsError
from wafa.stack.errors import StackError

FORESEEN: tuple[type[Exception], ...] = (RuntimeFault, SettingsError, StackError)
