-- busted under the interpreter that runs this file (the `busted` command has an interpreter of its own).
require 'busted.runner' { standalone = false }
