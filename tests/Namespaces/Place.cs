using System.Diagnostics;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Namespaces;

/// <summary>A directory of a test's own, on the disk or in memory (tmpfs, which lacks zero ranges).</summary>
internal sealed class Place : IDisposable
{
    public const string Disk = "disk";
    public const string Memory = "memory";

    public Place(string kind = Disk)
    {
        string parent = kind == Memory ? "/dev/shm" : Path.GetTempPath();
        Root = Directory.CreateDirectory(Path.Combine(parent, "nvmepf-" + Guid.NewGuid().ToString("N"))).FullName;
    }

    public string Root { get; }

    public string File => Path.Combine(Root, "disk.img");

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

/// <summary>Runs a tool of the system and waits for it.</summary>
internal static class Tool
{
    public static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output.Trim());
        }
        catch (System.ComponentModel.Win32Exception problem)
        {
            return (-1, problem.Message);
        }
    }
}

/// <summary>A small tmpfs of its own, to be filled up.</summary>
internal sealed class SmallFileSystem : IDisposable
{
    private readonly Place _place = new();

    public SmallFileSystem(string size)
    {
        (int exitCode, string output) = Tool.Run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", _place.Root);
        Assert.True(exitCode == 0, output);
    }

    public string File => _place.File;

    public void Dispose()
    {
        _ = Tool.Run("umount", "-l", _place.Root);
        _place.Dispose();
    }
}

/// <summary>A block device over a file.</summary>
internal sealed class LoopDevice : IDisposable
{
    private readonly Place _place;

    public LoopDevice(long sizeBytes, int sectorBytes = 512, string place = Place.Disk)
    {
        _place = new Place(place);
        using (FileStream file = System.IO.File.Create(_place.File))
        {
            file.SetLength(sizeBytes);
        }

        (int exitCode, string output) = Tool.Run("losetup", "--show", "-b", sectorBytes.ToString(), "-f", _place.File);
        Assert.True(exitCode == 0, output);
        Device = output;
    }

    public string Device { get; }

    /// <summary>The file behind it.</summary>
    public string File => _place.File;

    /// <summary>Flushes that the device has completed (field 16 of its statistics).</summary>
    public long FlushCount
    {
        get
        {
            string text = System.IO.File.ReadAllText($"/sys/block/{Path.GetFileName(Device)}/stat");
            return long.Parse(text.Split(' ', StringSplitOptions.RemoveEmptyEntries)[15]);
        }
    }

    public void Dispose()
    {
        _ = Tool.Run("losetup", "-d", Device);
        _place.Dispose();
    }
}

/// <summary>A test that mounts or makes devices: skipped, with a reason that is counted, where that is not allowed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    private static readonly string? s_problem = Probe();

    public RootFactAttribute()
    {
        if (s_problem is not null)
        {
            Skip = s_problem;
        }
    }

    private static string? Probe()
    {
        if (Environment.UserName != "root")
        {
            return "needs root to mount a file system and make loop devices";
        }

        try
        {
            using SmallFileSystem fileSystem = new("64k");
            using LoopDevice device = new(1 << 20);
            string statistics = $"/sys/block/{Path.GetFileName(device.Device)}/stat";
            return System.IO.File.Exists(statistics) ? null : "loop devices have no statistics here";
        }
        catch (Exception problem)
        {
            return "cannot mount a tmpfs or make a loop device here: " + problem.Message.ReplaceLineEndings(" ");
        }
    }
}
