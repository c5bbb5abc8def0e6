--- Our router is killed KILLS times.

require('soak.support.deaths').main(require('spec.helper').mortal_router(), 100)
