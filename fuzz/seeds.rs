//! Writes what fuzzing begins with: each kind of message and of value, into the folders of the codecs' corpora.
//!
//! `seeds FOLDER` makes `FOLDER/json`, `FOLDER/msgpack` and `FOLDER/transcode`.

use std::path::Path;

use wamp_proto::Serializer::{self, Json, MsgPack};

const MESSAGES: [&str; 24] = [
    r#"[1,"realm1",{"roles":{"caller":{"features":{"call_canceling":true}}},"authid":"a","authmethods":["wampcra"]}]"#,
    r#"[2,9007199254740992,{"roles":{"broker":{},"dealer":{}},"authid":"a","authrole":"b","authmethod":"c"}]"#,
    r#"[3,{"message":"no"},"wamp.error.no_such_realm"]"#,
    r#"[4,"wampcra",{"challenge":"{}","salt":"x","keylen":32,"iterations":1000}]"#,
    r#"[5,"signature",{}]"#,
    r#"[6,{},"wamp.close.close_realm"]"#,
    r#"[8,48,1,{},"com.error",["text",1.5],{"key":null}]"#,
    r#"[16,1,{"acknowledge":true,"exclude":[1,2],"eligible_authid":["a"],"ppt_scheme":"x_a"},"com.a",[],{"a":"\u0000AAE="}]"#,
    r#"[17,1,2]"#,
    r#"[32,1,{"match":"prefix","get_retained":true},"com.a"]"#,
    r#"[33,1,2]"#,
    r#"[34,1,2]"#,
    r#"[35,0,{"subscription":2,"reason":"com.x"}]"#,
    r#"[36,1,2,{"publisher":3,"topic":"com.a","retained":true,"forward_for":[{"session":1}],"enc_algo":"mqtt"},"\u0000AAE="]"#,
    r#"[48,1,{"timeout":1.0,"receive_progress":true,"disclose_me":false},"com.a",[1,-1,18446744073709551615]]"#,
    r#"[49,1,{"mode":"killnowait"}]"#,
    r#"[50,1]"#,
    r#"[64,1,{"match":"wildcard","invoke":"roundrobin"},"com..a"]"#,
    r#"[65,1,2]"#,
    r#"[66,1,2]"#,
    r#"[67,1]"#,
    r#"[68,1,2,{"procedure":"com.a","caller":3,"timeout":100},[[[]]],{}]"#,
    r#"[69,1,{"mode":"kill"}]"#,
    r#"[70,1,{"progress":true},null]"#,
];

const VALUES: [&str; 4] = [
    r#"[null,true,false,0,-1,-129,300,70000,5000000000,18446744073709551615,-9223372036854775808,1.5,1e300,0.1]"#,
    r#"{"a":{"b":[[],{},"\"\\\n\u00e4\ud83d\ude00"]},"":"\u0000AAE=","a":2}"#,
    r#"["a text of more than thirty-one bytes, so that its head is long",[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]]"#,
    r#"  [ 1e3 , -0.0 , "\u0000" , "\u0000x" ]  "#,
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: seeds FOLDER")?;
    let folder = Path::new(&folder);
    for (at, json) in MESSAGES.into_iter().enumerate() {
        write(&folder.join("json"), at, json.as_bytes())?;
        write(&folder.join("msgpack"), at, &to_msgpack(json)?)?;
    }
    for (at, json) in VALUES.into_iter().chain(MESSAGES).enumerate() {
        write(&folder.join("transcode"), 2 * at, json.as_bytes())?;
        write(&folder.join("transcode"), 2 * at + 1, &to_msgpack(json)?)?;
    }
    Ok(())
}

fn to_msgpack(json: &'static str) -> Result<bytes::Bytes, wamp_proto::EncodeError> {
    Serializer::transcode(&json.into(), Json, MsgPack)
}

fn write(folder: &Path, at: usize, seed: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(format!("seed-{at:02}")), seed)
}
