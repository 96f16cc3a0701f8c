// Registrations: files, buffers and an event counter that the kernel keeps hold of, so that operations need not look them up each time.
// Registering may take milliseconds (pages are pinned); do it at start or when the host's memory map changes, not per command.

using System;

namespace Nvmepf.Hal.Linux;

public sealed unsafe partial class IoUring
{
    /// <summary>Registers files; index n of the table stands for descriptor n of the list in operations with
    /// <see cref="SubmissionFlags.FixedFile"/>.</summary>
    /// <param name="fds">The descriptors; -1 leaves a place empty for <see cref="UpdateFile"/>. They may be closed afterwards.</param>
    /// <returns>0 or a negated errno: -EBUSY when files are registered already, -EMFILE over RLIMIT_NOFILE.</returns>
    public int RegisterFiles(ReadOnlySpan<int> fds)
    {
        fixed (int* list = fds)
        {
            return IoUringSystemCalls.Register(_fd, IoUringRegister.Files, list, (uint)fds.Length);
        }
    }

    /// <summary>Replaces one registered file; -1 empties the place.</summary>
    /// <returns>0 or a negated errno.</returns>
    public int UpdateFile(uint index, int fd)
    {
        ResourceUpdate update = new() { Offset = index, Data = &fd };
        return Math.Min(IoUringSystemCalls.Register(_fd, IoUringRegister.FilesUpdate, &update, 1), 0);
    }

    /// <summary>Ends the registration of files. Operations in flight keep theirs.</summary>
    public int UnregisterFiles() => IoUringSystemCalls.Register(_fd, IoUringRegister.UnregisterFiles, null, 0);

    /// <summary>Registers and pins buffers for <see cref="TryReadFixed"/> and <see cref="TryWriteFixed"/>.</summary>
    /// <param name="buffers">The buffers, each at most 1 GiB, of anonymous, memory-file or huge-page memory.</param>
    /// <returns>0 or a negated errno: -ENOMEM over RLIMIT_MEMLOCK, -EOPNOTSUPP for memory of a file on disk, -EFAULT for memory that is
    /// not mapped
    /// (or is more than 1 GiB), -EBUSY when buffers are registered already.</returns>
    public int RegisterBuffers(ReadOnlySpan<IoVector> buffers)
    {
        fixed (IoVector* list = buffers)
        {
            return IoUringSystemCalls.Register(_fd, IoUringRegister.Buffers, list, (uint)buffers.Length);
        }
    }

    /// <summary>Registers a table of empty places for buffers, to be filled by <see cref="UpdateBuffer"/>. Linux 5.19; -EINVAL before
    /// it.</summary>
    /// <param name="count">Places, at most 16384.</param>
    public int RegisterBufferTable(uint count)
    {
        ResourceRegister register = new() { Count = count, Flags = ResourceRegister.Sparse };
        return IoUringSystemCalls.Register(_fd, IoUringRegister.Buffers2, &register, (uint)sizeof(ResourceRegister));
    }

    /// <summary>Replaces one registered buffer; an empty one (null, 0) empties the place. Operations in flight keep the old one pinned
    /// until they end.</summary>
    /// <returns>0 or a negated errno as of <see cref="RegisterBuffers"/>.</returns>
    public int UpdateBuffer(uint index, IoVector buffer)
    {
        ResourceUpdate2 update = new() { Offset = index, Data = &buffer, Count = 1 };
        return Math.Min(IoUringSystemCalls.Register(_fd, IoUringRegister.BuffersUpdate, &update, (uint)sizeof(ResourceUpdate2)), 0);
    }

    /// <summary>Ends the registration of buffers and unpins them, once no operation uses them.</summary>
    public int UnregisterBuffers() => IoUringSystemCalls.Register(_fd, IoUringRegister.UnregisterBuffers, null, 0);

    /// <summary>Registers an event counter that is signalled when results come, or are ready to be posted by <see cref="Poll"/>.</summary>
    /// <remarks>This is what a reactor waits on, in every mode; before it sleeps it takes the counter and then finds
    /// <see cref="HasWork"/> false.
    /// The counter is signalled for results that a <see cref="Submit"/> posts itself too, so that it may end one wait for
    /// nothing.</remarks>
    public int RegisterEvent(int eventFd)
    {
        _wakeDescriptor = eventFd;
        return IoUringSystemCalls.Register(_fd, IoUringRegister.EventFd, &eventFd, 1);
    }

    /// <summary>Ends the registration of the event counter.</summary>
    public int UnregisterEvent() => IoUringSystemCalls.Register(_fd, IoUringRegister.UnregisterEventFd, null, 0);
}
