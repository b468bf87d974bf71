"""The couriers' and shops' SDK: signs, batches, posts and checks its receipts."""
