--- What other people's clients have not, in the versions that tools/peers names: by client and feature, or a client's
-- part in one; with the reason. What is here is not played.

local NOT_OFFERED = 'no option for it'
local NOT_SHOWN = 'does not tell the program'

local PYTHON = {
    ['as caller: skip'] = 'cancels in the default mode alone, killnowait',
    ['as caller: kill'] = 'likewise',
    ['as caller: disclose'] = NOT_OFFERED,
    ['as publisher: disclose'] = NOT_OFFERED,
    ['as subscriber: revoked'] = 'announces it, and ends the connection when it happens',
    ['as callee: revoked'] = NOT_SHOWN,
    trustlevels = NOT_SHOWN,
    progressive_call_invocations = NOT_OFFERED,
    payload_passthru_mode = 'has an earlier draft, without ppt_scheme',
}

return {
    ['Autobahn|Python'] = PYTHON,
    ['Autobahn|Python on Twisted'] = PYTHON,
    ['Autobahn|JS'] = {
        ['as caller: skip'] = 'takes the answer to such a CANCEL for a violation, and ends the connection',
        ['as caller: killnowait'] = 'likewise',
        ['as callee: interrupt'] = 'has no call canceling as a callee',
        ['as callee: progress'] = 'does not announce call canceling, without which there are no progressive results',
        trustlevels = NOT_SHOWN,
        progressive_call_invocations = NOT_OFFERED,
        payload_passthru_mode = NOT_OFFERED,
    },
    ['Wampy.js'] = {
        ['as callee: interrupt'] = 'has no call canceling as a callee',
        ['as subscriber: revoked'] = 'has no such feature',
        ['as callee: revoked'] = 'has no such feature',
        ['as publisher: retain'] = 'checks the option, and does not send it',
        ['as publisher: exclude_me'] = 'does not send it when it is false',
        ['as victim: reason'] = NOT_SHOWN,
        ['as callee: unregister a wildcard'] = 'takes its URI for a wrong one there',
        force_reregister = NOT_OFFERED,
    },
}
