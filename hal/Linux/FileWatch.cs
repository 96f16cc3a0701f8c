// Watching directories: inotify. What has changed is not told, only that something has: who watches reads everything again, which also
// serves where the kernel's queue of events has overflowed.

using System;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>Tells that something in some directories has changed. Not for reactors.</summary>
public sealed unsafe partial class FileWatch : IDisposable
{
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x8_0000;

    // A file was written and closed, or its attributes changed; a name appeared or went; the directory itself went.
    private const uint Mask = 0x0000_0008 | 0x0000_0040 | 0x0000_0080 | 0x0000_0100 | 0x0000_0200 | 0x0000_0400 | 0x0000_0800 | OnlyDirectories;
    private const uint OnlyDirectories = 0x0100_0000;
    private const int BufferBytes = 16384;

    private readonly byte[] _buffer = new byte[BufferBytes];

    private FileWatch(int descriptor) => Descriptor = descriptor;

    /// <summary>Readable when something has changed.</summary>
    public int Descriptor { get; private set; }

    /// <summary>Creates one that watches nothing yet; 0 or a negated errno.</summary>
    public static int Create(out FileWatch? watch)
    {
        int descriptor = Errno.Result(Native.InotifyInit(NonBlocking | CloseOnExec));
        watch = descriptor < 0 ? null : new FileWatch(descriptor);
        return Math.Min(descriptor, 0);
    }

    /// <summary>Watches a directory; one that is watched already stays so. 0 or a negated errno.</summary>
    public int Add(ReadOnlySpan<char> path)
    {
        byte* native = stackalloc byte[NativePath.MaximumBytes];
        int length = NativePath.Encode(path, new Span<byte>(native, NativePath.MaximumBytes));
        return length < 0 ? length : Math.Min(Errno.Result(Native.InotifyAddWatch(Descriptor, native, Mask)), 0);
    }

    /// <summary>Takes what was told so far.</summary>
    /// <returns>True where there was anything.</returns>
    public bool Take()
    {
        bool any = false;
        fixed (byte* buffer = _buffer)
        {
            // Bounded: what is written meanwhile is told again.
            for (int i = 0; i < 64 && Files.Read(Descriptor, buffer, BufferBytes) > 0; i++)
            {
                any = true;
            }
        }

        return any;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Descriptor >= 0)
        {
            _ = Files.Close(Descriptor);
            Descriptor = -1;
        }
    }

    private static partial class Native
    {
        [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
        internal static partial int InotifyInit(int flags);

        [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true)]
        internal static partial int InotifyAddWatch(int descriptor, byte* path, uint mask);
    }
}
