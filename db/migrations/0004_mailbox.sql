-- What was read of mailboxes in which mails stay where they are. Everything else is in the mailbox
-- itself: it is the queue.

CREATE TABLE mailbox (
    name        text PRIMARY KEY,
    uidvalidity bigint NOT NULL,
    done        int8multirange NOT NULL DEFAULT '{}',
    changed_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE mailbox IS 'Mails that are settled and stay in their mailbox: not to be read again.';
COMMENT ON COLUMN mailbox.name IS 'user@host/folder; a port that is not the usual one stands behind the host.';
COMMENT ON COLUMN mailbox.uidvalidity IS 'As the server told it; with another value the folder is another one.';
COMMENT ON COLUMN mailbox.done IS 'UIDs; runs at the same time add to it, so it only grows.';
