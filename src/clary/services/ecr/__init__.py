"""ECR: repositories of container images, and what is known of the images that were pushed.

Records say which repositories, images and tags there are, with the manifest of each image. The bytes of
layers are in a registry server (``server/ecr``). It knows no tags: a tag moves, or stays, in a transaction.
"""
