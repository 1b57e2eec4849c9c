/** Bytes of the unit in which Linux counts disks, whatever the device's own sector size. Source: block layer, sysfs. */
export const SECTOR = 512;
