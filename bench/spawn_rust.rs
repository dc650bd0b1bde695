// SPDX-License-Identifier: MIT

//! A parent that starts its children as Rust's library does (spawn_parent.h).
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::process::{Command, Stdio};
use std::time::Instant;

const STARTS: usize = 9;

fn once(path: &str) -> f64 {
    let mut command = Command::new(path);
    command.env_clear().stdin(Stdio::inherit()).stdout(Stdio::inherit());
    let begin = Instant::now();
    let mut child = command.spawn().expect("a child");
    let took = begin.elapsed();
    child.wait().expect("its end");
    took.as_nanos() as f64
}

fn main() {
    let path = std::env::args().nth(1).expect("a program to start");
    // Not by way of the library's own, which ends a piece where a byte is a newline.
    let mut answers = unsafe { File::from_raw_fd(1) };
    let mut what = [0u8; 1];
    while let Ok(1) = std::io::stdin().read(&mut what) {
        let mut took: Vec<f64> = (0..STARTS).map(|_| once(&path)).collect();
        took.sort_by(f64::total_cmp);
        let answer = took[STARTS / 2].to_le_bytes();
        if answers.write_all(&answer).is_err() {
            return;
        }
    }
}
