/**
 * An image of plain files: each layer is one file, named by its title annotation. The local AWS runs only such images,
 * because a container is a process here and its layers are copied into a folder.
 */
export const FILE_LAYER = "application/vnd.local-aws.file.v1";
export const FILE_TITLE = "org.opencontainers.image.title";
