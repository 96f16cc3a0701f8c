// The one place where a managed path becomes the NUL-terminated bytes that the kernel takes, without the heap.

using System;
using System.Buffers;
using System.Text.Unicode;

namespace Nvmepf.Hal.Linux;

internal static class NativePath
{
    /// <summary>PATH_MAX: the kernel takes no longer path, the terminating NUL included.</summary>
    internal const int MaximumBytes = 4096;

    /// <summary>Encodes <paramref name="path"/> as UTF-8 with a terminating NUL.</summary>
    /// <returns>The number of bytes without the NUL, -ENAMETOOLONG if <paramref name="destination"/> is too small, -EILSEQ for unpaired
    /// surrogates, -EINVAL for an embedded NUL (the kernel would silently use the part before it).</returns>
    internal static int Encode(ReadOnlySpan<char> path, Span<byte> destination)
    {
        if (path.Contains('\0'))
        {
            return -Errno.EINVAL;
        }
        OperationStatus status = Utf8.FromUtf16(path, destination, out _, out int written, replaceInvalidSequences: false);
        if (status != OperationStatus.Done)
        {
            return status == OperationStatus.DestinationTooSmall ? -Errno.ENAMETOOLONG : -Errno.EILSEQ;
        }
        if (written == destination.Length)
        {
            return -Errno.ENAMETOOLONG;
        }
        destination[written] = 0;
        return written;
    }
}
