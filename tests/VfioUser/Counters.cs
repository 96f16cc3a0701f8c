using System.Globalization;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

/// <summary>Event counters of the client's side.</summary>
internal sealed class Counters : IDisposable
{
    private readonly int[] _descriptors;

    public Counters(int count)
    {
        _descriptors = new int[count];
        for (int i = 0; i < count; i++)
        {
            _descriptors[i] = Events.Create(0, EventFlags.NonBlocking);
            Assert.True(_descriptors[i] >= 0);
        }
    }

    public int[] All => _descriptors;

    /// <summary>What was added since the last time.</summary>
    public ulong Take(int index) => Events.Take(_descriptors[index], out ulong count) == 0 ? count : 0;

    /// <summary>How many descriptors of this process are of this counter; the test's own is one.</summary>
    public int DescriptorsOf(int index)
    {
        string? id = IdOf(_descriptors[index].ToString(CultureInfo.InvariantCulture));
        Assert.NotNull(id);
        int count = 0;
        foreach (string entry in Directory.GetFiles("/proc/self/fdinfo"))
        {
            count += IdOf(Path.GetFileName(entry)) == id ? 1 : 0;
        }

        return count;
    }

    public void Dispose()
    {
        foreach (int descriptor in _descriptors)
        {
            _ = Files.Close(descriptor);
        }
    }

    private static string? IdOf(string descriptor)
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/self/fdinfo/" + descriptor))
            {
                if (line.StartsWith("eventfd-id:", StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }
        catch (IOException)
        {
            // Another test closed it meanwhile.
        }

        return null;
    }
}
