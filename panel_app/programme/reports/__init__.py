"""Reports: what the books and the records say, filtered and paged. They write nothing but that they were taken."""
