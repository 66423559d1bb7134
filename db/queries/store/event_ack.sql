-- $1 id, $2 owner or null, $3 until or null: silenced until it gets worse or closes
UPDATE event SET acked_at = now(), ack_owner = $2, ack_until = $3::date WHERE id = $1::uuid
