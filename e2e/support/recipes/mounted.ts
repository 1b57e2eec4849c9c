import type { Recipe } from '../recipe.ts';

/** Filled by the kernel: real indexes, real fragmentation, real orphans of the allocator. */
export const recipes: readonly Recipe[] = [
  {
    name: 'kernel-tree',
    mke2fs: '-t ext4 -b 4096',
    size: '96M',
    mount: {
      script: `
        for d in 1 2 3 4 5; do mkdir -p a/$d/b; cp @text a/$d/b/text; cp @tiny a/$d/tiny; done
        i=0; while [ $i -lt 800 ]; do : >a/1/empty-$i; i=$((i+1)); done
        cp @ragged ragged; cp --sparse=always @comb4k comb; ln ragged hardlink; mkfifo pipe; ln -s a/1 link
        rm a/1/empty-1*`,
    },
    fast: true,
  },
  {
    name: 'kernel-htree-large-dir',
    mke2fs: '-t ext4 -b 1024 -O large_dir -N 60000',
    size: '256M',
    mount: {
      script: `mkdir d; cd d; pad=$(printf 'p%.0s' $(seq 190)); seq 40000 | sed "s/$/$pad/" | xargs touch`,
    },
    slow: true,
  },
  {
    name: 'kernel-fragmented',
    mke2fs: '-t ext4 -b 4096',
    size: '64M',
    mount: {
      options: 'nodelalloc',
      script: `
        i=0; while [ $i -lt 3000 ]; do echo $i >f$i; i=$((i+1)); done
        rm f*[13579]; cp @large large; cp @large again; rm f*[24]; mkdir d
        i=0; while [ $i -lt 500 ]; do mkdir d/$i; i=$((i+1)); done`,
    },
  },
  {
    name: 'kernel-ext3',
    mke2fs: '-t ext3 -b 1024',
    size: '64M',
    mount: {
      script:
        'cp @ragged ragged; cp --sparse=always @triple1k triple; mkdir -p a/b/c; cp @text a/b/c; cp @mega a; rm a/mega',
    },
    fast: true,
  },
  {
    name: 'kernel-bigalloc',
    mke2fs: '-t ext4 -O bigalloc -b 4096 -C 65536',
    size: '128M',
    mount: {
      script:
        'i=0; while [ $i -lt 200 ]; do mkdir d$i; cp @text d$i; i=$((i+1)); done; cp --sparse=always @comb4k comb',
    },
  },
  {
    name: 'kernel-orphan-file',
    mke2fs: '-t ext4 -b 4096 -O orphan_file',
    size: '96M',
    mount: { script: 'cp @ragged a; chown 1000:1000 a; chown 1001 .; mkdir d; cp @text d' },
  },
  {
    name: 'kernel-inline-data',
    mke2fs: '-t ext4 -b 4096 -I 512 -O inline_data',
    size: '64M',
    mount: {
      script: `
        mkdir d; cp @tiny @small d; i=0; while [ $i -lt 60 ]; do mkdir d/$i; echo $i >d/$i/f; i=$((i+1)); done
        ln -s $(printf 'l%.0s' $(seq 100)) long`,
    },
  },
  {
    name: 'kernel-meta-bg',
    mke2fs: '-t ext4 -b 1024 -O meta_bg,^resize_inode',
    size: '160M',
    mount: { options: 'data=journal', script: 'mkdir -p a/b; cp @ragged @text a/b; cp @mega a; rm a/b/text' },
  },
  {
    name: 'kernel-full',
    mke2fs: '-t ext4 -b 1024 -m 0',
    size: '24M',
    mount: {
      script:
        'i=0; while cp @mega m$i 2>/dev/null; do i=$((i+1)); done; while echo x >s$i 2>/dev/null; do i=$((i+1)); done; true',
    },
  },
];
