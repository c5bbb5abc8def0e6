--- Crossbar is killed KILLS times. It takes seconds to start.

require('soak.support.deaths').main(require('spec.support.process').new 'exec tools/peers/with-crossbar --alone', 100)
