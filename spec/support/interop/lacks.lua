--- What other people's clients have not, in the versions that tools/peers names, and why: by client and feature, or a
-- part of one. What is here is not played, and docs/features.md shows it.

local NOT_OFFERED = 'no option for it'
local NOT_SHOWN = 'the program is not told'
local NO_INTERRUPT = 'it has no call canceling there'

local function python()
    return {
        ['call_canceling: skip / as caller'] = 'it cancels in the default mode alone, killnowait',
        ['call_canceling: kill / as caller'] = 'it cancels in the default mode alone, killnowait',
        ['caller_identification / as caller'] = NOT_OFFERED,
        ['publisher_identification / as publisher'] = NOT_OFFERED,
        ['subscription_revocation'] = 'it announces it, and ends the connection when it happens',
        ['registration_revocation / telling it'] = 'it goes to the log',
        ['force_reregister / telling it'] = 'it goes to the log',
        ['call_trustlevels'] = NOT_SHOWN,
        ['publication_trustlevels'] = NOT_SHOWN,
        ['progressive_call_invocations'] = NOT_OFFERED,
        ['payload_passthru_mode'] = 'an earlier draft, without ppt_scheme',
    }
end

local LACKS = {
    ['Autobahn|Python'] = python(),
    ['Autobahn|Python on Twisted'] = python(),
    ['Autobahn|JS'] = {
        ['call_canceling: skip / as caller'] = 'it takes the answer for a violation, and ends the connection',
        ['call_canceling: killnowait / as caller'] = 'it takes the answer for a violation, and ends the connection',
        ['call_canceling: kill / as callee'] = NO_INTERRUPT,
        ['call_canceling: killnowait / as callee'] = NO_INTERRUPT,
        ['progressive_call_results / as callee'] = 'they need call canceling, which it has not there',
        ['call_trustlevels'] = NOT_SHOWN,
        ['publication_trustlevels'] = NOT_SHOWN,
        ['progressive_call_invocations'] = NOT_OFFERED,
        ['payload_passthru_mode'] = NOT_OFFERED,
        ['login: SCRAM'] = 'no such method',
    },
    ['Wampy.js'] = {
        ['call_canceling: kill / as callee'] = NO_INTERRUPT,
        ['call_canceling: killnowait / as callee'] = NO_INTERRUPT,
        ['progressive_call_invocations / announcing them'] = 'the specs do that for it',
        ['subscription_revocation'] = 'no such feature',
        ['registration_revocation / telling it'] = 'no such feature',
        ['event_retention / as publisher'] = 'it checks the option, and does not send it',
        ['publisher_exclusion'] = 'it does not send exclude_me when that is false',
        ['pattern_based_registration / unregistering a wildcard'] = 'it takes the URI for a wrong one',
        ['session_meta_api: kill / the reason'] = NOT_SHOWN,
        ['force_reregister'] = NOT_OFFERED,
        ['login: SCRAM'] = 'no such method',
    },
}
LACKS['Autobahn|Python']['login: cryptosign, tls-exporter'] = 'the ssl module of Python 3.11 exports nothing'

return LACKS
