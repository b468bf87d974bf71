"""A product's and a waybill's story: life cycle, timeline, evidence grade, labels."""
