using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Admin;

public sealed class AllocationTests
{
    [Fact]
    public void Admin_commands_allocate_nothing()
    {
        using AdminHost host = new();
        SubmissionQueueEntry[] commands =
        [
            AdminHost.Command(AdminOpcode.Identify, 0, (uint)Cns.Controller),
            AdminHost.Command(AdminOpcode.Identify, 1, (uint)Cns.Namespace),
            AdminHost.Command(AdminOpcode.Identify, 1, (uint)Cns.NamespaceIdentificationDescriptorList),
            AdminHost.Command(AdminOpcode.Identify, 0, (uint)Cns.ActiveNamespaceList),
            AdminHost.Command(AdminOpcode.Identify, 0, (uint)Cns.IoCommandSetSpecificController),
            AdminHost.Command(AdminOpcode.GetLogPage, 0, 0x00 | (255u << 16)),
            AdminHost.Command(AdminOpcode.GetLogPage, 0, 0x01 | (1023u << 16)),
            AdminHost.Command(AdminOpcode.GetLogPage, 0, 0x02 | (127u << 16)),
            AdminHost.Command(AdminOpcode.GetLogPage, 0, 0x05 | (1023u << 16)),
            AdminHost.Command(AdminOpcode.GetLogPage, 0, 0x12 | (255u << 16)),
            AdminHost.Command(AdminOpcode.GetLogPage, 0, 0xC0 | (127u << 16)),
            AdminHost.Command(AdminOpcode.GetFeatures, 0, 0x07),
            AdminHost.Command(AdminOpcode.GetFeatures, 0, 0x0E),
            AdminHost.Command(AdminOpcode.SetFeatures, 0, 0x0B, 0x11F),
            AdminHost.Command(AdminOpcode.SetFeatures, 0, 0x06, 0),
            AdminHost.Command(AdminOpcode.SetFeatures, 0, 0x0E),
            AdminHost.Command(AdminOpcode.KeepAlive),
            AdminHost.Command(AdminOpcode.GetFeatures, 0, 0xEE), // an error, with its log entry
        ];
        RunAll(host, commands); // the tables are made at their first use
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            RunAll(host, commands);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void RunAll(AdminHost host, SubmissionQueueEntry[] commands)
    {
        for (int i = 0; i < commands.Length; i++)
        {
            _ = host.Submit(commands[i]);
            if (host.Take() is null)
            {
                throw new InvalidOperationException("a command has not ended");
            }
        }
    }
}
