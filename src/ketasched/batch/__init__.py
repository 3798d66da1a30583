"""Batch: the rows of a roster become courses in folders, in order, and none stops another.

The way of a row, which `runner` begins and `pipeline` leads:

1. `routing` finds its site (clinic and protocol), and its shard;
2. `triage` finds out whether it keeps the course of an earlier run (`previous_run`);
3. a `chair_ledger` gives it chairs: in memory (`memory_ledger`) or in a register
   (`register_ledger`); `joint_rows` plans the rows of a clinic jointly;
4. a `worker` in another process (`executors`, `jobs`) plans it and writes its folder (`folders`),
   with what it takes from an earlier course (`carry_over`);
5. its result goes into the `manifest`, and into `changes`.

Rows that do not concern the ledger (`ChairLedger.concerns`) are triaged by the worker.

Doors: changes, executors, fingerprints, folders, joint_rows, manifest, previous_run, records,
rejections, routing, runner, shared_calendars.
"""
