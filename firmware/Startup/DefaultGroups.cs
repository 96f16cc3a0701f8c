using Nvmepf.Firmware.Configuration;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Startup;

/// <summary>
/// Makes, in a directory that is followed, what configfs makes by itself in a directory that a user has made. A thread of its own that does nothing
/// else: a shell that was given a whole session at once uses the new directories as soon as <c>mkdir</c> has ended, while who follows the
/// directory may just be reading all of it or opening storage.
/// </summary>
/// <remarks>No promise: a file system that makes them itself is configfs. What it misses, who follows the directory makes a little later.</remarks>
internal sealed class DefaultGroups : IDisposable
{
    private const long LookNanoseconds = 10_000_000_000; // against a directory that went and came back unseen

    private readonly string _directory;
    private readonly FileWatch _watch;
    private readonly int _end;
    private readonly Thread _thread;

    /// <summary>Begins.</summary>
    /// <param name="directory">What stands for <c>/sys/kernel/config</c>.</param>
    /// <exception cref="PlatformException">It cannot be watched.</exception>
    public DefaultGroups(string directory)
    {
        _directory = directory;
        int error = FileWatch.Create(out FileWatch? watch);
        _watch = watch ?? throw new PlatformException($"--configfs {directory}: cannot watch it: {Errno.Describe(error)}");
        _end = Events.Create(0, EventFlags.NonBlocking);
        if (_end < 0)
        {
            _watch.Dispose();
            throw new PlatformException($"--configfs {directory}: cannot make an event counter: {Errno.Describe(_end)}");
        }

        _thread = new Thread(MakeUntilEnd) { Name = "groups" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = Events.Signal(_end);
        _thread.Join();
        _ = Files.Close(_end);
        _watch.Dispose();
    }

    private void MakeUntilEnd()
    {
        PollDescriptor[] waits =
        [
            new PollDescriptor { Fd = _end, Events = PollEvents.In }, new PollDescriptor { Fd = _watch.Descriptor, Events = PollEvents.In },
        ];
        while (waits[0].Returned == PollEvents.None)
        {
            foreach (string parent in DirectoryShape.GroupParents)
            {
                _ = _watch.Add(Path.Join(_directory, parent)); // one that is not there is made below, and watched in the next round
            }

            // After the watch, so that nothing is missed; what is made here is told to nobody.
            DirectoryShape.MakeGroups(_directory);
            _ = Events.Poll(waits, LookNanoseconds);
            _ = _watch.Take();
        }
    }
}
