//! Which audio track is listened to, and why (P-10).
